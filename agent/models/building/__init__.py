"""`jetson-agent models build`: from a checkpoint in Hugging Face's form to a model with a manifest.

torch, transformers, nvidia-modelopt and onnxruntime-genai are imported only by the programs that `build` starts:
`measure_checkpoint`, `measure_built` and `quantize`. All else runs without them.
"""
