"""What commands share: arguments, what they are given, how it is printed, and jobs run in place."""
