"""What another product says of acceptances: read from its report or its answers, and compared with the register."""
