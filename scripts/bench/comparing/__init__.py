"""The comparison with the peers: cases, the peers' command lines, the interleaved loop, the tables."""
