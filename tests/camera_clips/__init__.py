"""Clips with known ground truth, made frame by frame: what the triggers of a camera are judged on."""
