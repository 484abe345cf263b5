"""What depends on the machine: places, files, a thread for slow drives, known bad versions."""
