"""What a network has learned, as plain numbers and pictures; knows no screen."""
