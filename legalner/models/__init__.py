"""The trained model that comes with the package; its folder holds a card, README.md."""
