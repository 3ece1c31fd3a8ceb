/** Only what ends the process is logged: every other message is in the error that is thrown. */
export const LOG_FATAL = 4;
