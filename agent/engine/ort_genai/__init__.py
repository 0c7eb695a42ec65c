"""The engine on onnxruntime-genai. The only importers of onnxruntime_genai, in the engine's process only.

The library reports to its vendor unless told not to before the import, and ends the whole process when it does not
find its runtime.
"""

import os

os.environ["ORT_DISABLE_TELEMETRY"] = "1"

from agent.engine.ort_genai.loading import load

__all__ = ["load"]
