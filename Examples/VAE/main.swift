// A variational autoencoder of images of clothes:
//
//   swift build -c release --product VAE
//   scripts/launch -n 2 .build/release/VAE train Examples/VAE/vae.yaml --run-dir runs/vae
//   .build/release/VAE evaluate runs/vae
//   .build/release/VAE predict runs/vae --output latent.csv
import Lockstep

LockstepProgram.main(.standard.adding(task: VAE.Configuration.self), observers: { [LearnedImages()] })
