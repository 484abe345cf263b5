"""What recurrent layers are computed with: fused, in mixed precision, and their first weights."""
