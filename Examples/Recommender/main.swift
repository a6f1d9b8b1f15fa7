// A recommender: ratings of items by users, from two tables of embeddings, of which a step updates only the rows that it uses.
//
//   swift build -c release --product Recommender
//   scripts/launch -n 2 .build/release/Recommender train Examples/Recommender/recommender.yaml --run-dir RUN
//   .build/release/Recommender predict RUN --output ratings.csv
import Lockstep

LockstepProgram.main(
    .standard.adding(data: Ratings.Configuration.self).adding(task: Recommendation.Configuration.self))
