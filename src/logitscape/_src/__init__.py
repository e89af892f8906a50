"""The implementation, a room a step; from a room one may import what comes before it in `ROOMS`."""
