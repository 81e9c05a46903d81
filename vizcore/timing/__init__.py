"""Measuring networks on a device: time, memory, energy, and the machine's own ceilings."""
