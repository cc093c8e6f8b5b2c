import { Loading, Skeleton } from '../../components/skeleton.tsx';

const PLACES = ['a', 'b', 'c', 'd', 'e', 'f'];

/** The grid before it is known what is in it. */
export function ModelCardSkeletons() {
  return (
    <Loading>
      <Skeleton className="mb-3 h-8 w-24 scale-y-50" />
      <div className="grid grid-cols-1 gap-4 min-[30rem]:grid-cols-2 sm:gap-5 xl:grid-cols-3">
        {PLACES.map((place) => (
          <div key={place} className="overflow-hidden rounded-xl border border-line bg-surface">
            <Skeleton className="aspect-[16/10] rounded-none" />
            <div className="flex flex-col gap-2.5 p-4">
              <Skeleton className="h-5 w-2/3" />
              <Skeleton className="h-3.5 w-4/5" />
              <Skeleton className="h-14" />
              <Skeleton className="mt-1 h-6 w-1/2" />
            </div>
          </div>
        ))}
      </div>
    </Loading>
  );
}
