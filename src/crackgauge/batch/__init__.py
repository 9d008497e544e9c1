"""Millions of images, here or on a Ray cluster, resumable.

Holds the manifest (inputs, their state, the fingerprint of model and settings), the local runner
and the Ray engine.

Contract: it calls the verbs of `pipeline` and adds nothing to what they write for one image;
outputs are idempotent; an input that kills its worker is set aside after two tries; out of memory
falls back to smaller batches, then tiles; a resumed run leaves the same bytes as an undisturbed
one. The command line calls it, the web page does not.
"""
