"""What is known now, in the shape the rules compare with, and what goes out."""
