"""`jetson-agent bench`: how fast this machine runs a model, by the published definitions.

What measures (`cells`, `contender`, `measure`, …) needs only the engine's library and psutil; what people see of it
(`command`, `table`, `chart`) needs the rest.
"""
