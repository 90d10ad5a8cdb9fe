// SIGINT and SIGTERM as something to wait for, instead of handlers that may touch nothing.
#pragma once

namespace tarn::host {

// Blocks SIGINT, SIGTERM and SIGPIPE in this thread and all that it starts from now on: call it first in main.
void block_stop_signals();
// Waits for SIGINT or SIGTERM; returns its number.
int wait_for_stop_signal();
// SIGINT (Ctrl-C) alone, for a program that goes on after one: blocked in this thread and all that it starts from now
// on.
void block_interrupt();
void wait_for_interrupt();
// Ends the process at once, without destructors: for a stop that takes too long.
[[noreturn]] void exit_now(int code);

}  // namespace tarn::host
