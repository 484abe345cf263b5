"""Running a sequence through a network exactly, and keeping what every unit did."""
