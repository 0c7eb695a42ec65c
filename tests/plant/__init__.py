"""A simulator of boards under load: no measurement of a real one. The code under test in it is real.

What is simulated: the board (power, heat, throttling, modes, its meter) and the engine's steps. What is real:
`Sensors`, which read the sysfs tree that the simulated board writes; `Loop`, which paces; `Governor`, which decides.
Time is simulated, so that minutes take seconds and every run is the same.
"""
