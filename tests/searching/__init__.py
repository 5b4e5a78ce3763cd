"""Tests of multihowto.searching."""
