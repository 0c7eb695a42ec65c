"""What machine this is and what its sensors say. Owns sysfs and procfs; reads only, never writes."""
