"""Datasets: pairs of images and masks, splits, the doctor, patches, augmentation, renderings.

Nothing is imported here, so that each part costs only what it needs itself.
"""
