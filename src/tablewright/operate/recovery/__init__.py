"""Recovery: backups, and drills that restore one and show that it answers."""
