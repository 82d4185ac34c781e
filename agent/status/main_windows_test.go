package status

// strangerEnv and beStranger are for systems where a process can be another user's.
const strangerEnv = "HOMEPORT_TEST_STRANGER"

func beStranger(string) int { return 1 }
