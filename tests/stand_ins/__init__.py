"""Libraries that run on hardware or servers we do not have, in the shape of the real ones."""
