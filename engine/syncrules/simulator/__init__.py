"""The whole engine in a world of our own making: systems in memory, faults, crashes and clocks under our control."""
