"""TensorRT Edge-LLM 0.11's names and signatures, as far as we use them, over the shipped model on a CPU.

Put this folder on `sys.path`, and `experimental` and `tensorrt_edgellm` are found here. What is the same as in the
real one is compared with it: tests/unit/engine/test_edge_llm_facts.py.
"""
