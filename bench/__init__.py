"""What the README claims about speed, measured: `./console bench [name …]`."""
