"""Find cracks in images, measure them, report them."""
