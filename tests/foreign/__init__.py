"""The OpenAI engine against servers that this project did not write: `make conformance-servers`."""
