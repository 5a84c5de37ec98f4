"""Files that people hand in, such as receipts and signed forms: looked at, and kept outside of what the web serves.

Whoever owns the matter says who may see a file. Here is only what a file is, and that its bytes are still the same.
"""
