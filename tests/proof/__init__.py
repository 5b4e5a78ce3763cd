"""The long proofs: real builds from a real site on this machine, killed, starved and damaged at random moments."""
