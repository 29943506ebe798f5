"""The system itself: is it alive, is it ready, what can programs call. It knows no visit and no standard."""
