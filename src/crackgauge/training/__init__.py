"""Training: one plain loop, exact resume, a journal.

`crackgauge.training.loop.train` is the verb; nothing is imported here, because it loads torch.
"""
