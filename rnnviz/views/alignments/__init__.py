"""How an alignment is drawn and asked about; each widget knows one thing and no session's parts."""
