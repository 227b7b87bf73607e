/** How the words of a command line begin that starts a role of this program: this, the role, the version of who starts it. */
export const AS = '--as';
