import LockstepCollectives
import Testing

@Suite struct LauncherEnvironmentTests {
    @Test func withoutALauncherThereIsOneRank() {
        let environment = LauncherEnvironment(["PATH": "/usr/bin"])
        #expect(!environment.isLaunched)
        #expect(environment.expected == nil)
    }

    @Test func mpirunNamesTheNumberOfRanks() {
        let environment = LauncherEnvironment(["OMPI_COMM_WORLD_SIZE": "3", "PMIX_RANK": "0"])
        #expect(environment.isLaunched)
        #expect(environment.expected?.size == 3)
    }

    @Test func anotherLibrarysLauncherIsNoticed() {
        let environment = LauncherEnvironment(["PMI_RANK": "1", "PMI_SIZE": "4"])
        #expect(environment.isLaunched)
        #expect(environment.expected?.variable == "PMI_SIZE")
    }

    @Test func aBatchScriptIsNotATask() {
        let environment = LauncherEnvironment(["SLURM_NTASKS": "8", "SLURM_JOB_ID": "1"])
        #expect(!environment.isLaunched)
        #expect(environment.expected == nil)
    }

    @Test func srunWithoutAProcessManagerIsNoticed() {
        let environment = LauncherEnvironment([
            "SLURM_PROCID": "0", "SLURM_STEP_ID": "0", "SLURM_STEP_NUM_TASKS": "4", "SLURM_NTASKS": "4",
        ])
        #expect(!environment.isLaunched)
        #expect(environment.expected?.size == 4)
    }
}
