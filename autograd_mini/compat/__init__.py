"""Other libraries' names for what is here, so that code written for them runs by changing its imports."""
