"""What tests and benchmarks of the fleet share: programs, servers, simulated devices, and a fleet that they ask."""
