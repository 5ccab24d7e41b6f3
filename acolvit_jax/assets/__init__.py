"""What comes with the package: photographs, and where each is from."""
