import LockstepCommands

LockstepProgram.main()
