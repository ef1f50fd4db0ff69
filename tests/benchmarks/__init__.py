"""`make bench`: what dao costs against the direct call, measured in pairs and written to RESULTS.md."""
