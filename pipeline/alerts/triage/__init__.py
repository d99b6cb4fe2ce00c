"""What people do with alerts: acknowledge, assign, snooze, judge, close, undo, silence (A5.7, A5.8)."""
