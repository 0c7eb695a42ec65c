"""Tests of the operator's side of a fleet, against devices, a web server and a broker."""
