"""The figures that the notebooks show; they read results and change nothing."""
