"""Find and measure the cracks of one photo: measure_photo.py PHOTO [MM_PER_PX]."""

import sys

import crackgauge as cg

photo = sys.argv[1]
mm_per_px = float(sys.argv[2]) if len(sys.argv) > 2 else None

model = cg.open_model()  # the embedded default, an .onnx file or a training run
probability = model.predict(photo)  # float32 (H, W) in [0, 1]
survey = cg.measure(probability >= model.threshold, mm_per_px=mm_per_px)
print(survey.cracks.to_string(index=False))
