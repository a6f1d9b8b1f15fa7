# A recipe for Spack: `spack repo add cluster/spack`, then `spack install lockstep`.
from spack.package import *


class Lockstep(Package):
    """Data-parallel training of neural networks over MPI, with the same bits on any number of ranks."""

    # The folder of this checkout; a site names its own repository here, and adds versions by tag.
    git = "file:///path/to/lockstep"

    license("Apache-2.0")

    version("main", branch="main")

    variant("mpich", default=False, description="Build for MPICH 4 instead of Open MPI")

    # Swift is a toolchain outside of Spack: packages.yaml names it as an external, or PATH has it.
    depends_on("c", type="build")
    depends_on("pkgconfig", type="build")
    depends_on("openmpi@4.1:5", when="~mpich")
    depends_on("mpich@4:", when="+mpich")
    depends_on("onednn@2.6:3 cpu_runtime=omp")
    depends_on("zlib-api")
    depends_on("zstd")
    depends_on("hdf5@1.10: ~mpi")
    depends_on("libjpeg-turbo")
    depends_on("libpng")
    depends_on("libtiff@4.5:")
    depends_on("libsndfile")

    def setup_build_environment(self, env):
        if self.spec.satisfies("+mpich"):
            env.set("LOCKSTEP_MPI", "mpich")
        for dependency in self.spec.dependencies(deptype="link"):
            env.prepend_path("CPATH", dependency.prefix.include)
            for folder in ("lib", "lib64"):
                env.prepend_path("LIBRARY_PATH", join_path(dependency.prefix, folder))
                env.prepend_path("LD_LIBRARY_PATH", join_path(dependency.prefix, folder))

    def install(self, spec, prefix):
        # Copies the libraries besides MPI's into the prefix.
        which("bash", required=True)("scripts/install", "--prefix", prefix)
