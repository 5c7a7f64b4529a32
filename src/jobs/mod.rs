//! The flows: the steps of the pure middle and the doors, in order.
