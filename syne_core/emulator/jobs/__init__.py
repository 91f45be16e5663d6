"""How the emulator runs a training job."""
