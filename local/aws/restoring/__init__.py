"""What an emulated function with SnapStart finds first on its PYTHONPATH."""
