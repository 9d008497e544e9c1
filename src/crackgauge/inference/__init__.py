"""From an image to a crack probability: model files, backends, tiles, protocols."""
