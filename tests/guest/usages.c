// What a process has used, by getrusage(2) and /proc: page faults, switches, bytes; and lines of status.
#include "guest.h"
static long value(const char*f,const char*n){ char b[300]; FILE*s=fopen(f,"r"); long v=-1; while(fgets(b,300,s)) if(!strncmp(b,n,strlen(n))){ v=strtol(b+strlen(n),0,10); break;} fclose(s); return v; }
int main(void){ struct rusage r; getrusage(RUSAGE_SELF,&r); long f=r.ru_minflt, v=r.ru_nvcsw; char*p=mmap(0,1<<20,3,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); for(int i=0;i<256;i++) p[i*4096]=1; for(int i=0;i<5;i++) sleep_ms(5); getrusage(RUSAGE_SELF,&r); Q(r.ru_minflt-f>=256 && r.ru_minflt-f<300); Q(r.ru_nvcsw-v>=5&&r.ru_nvcsw-v<50); 
 long a=value("/proc/self/io","wchar: "); int fd=open("/dev/null",O_WRONLY); write(fd,p,5000); long b=value("/proc/self/io","wchar: "); P(b-a); Q(value("/proc/self/io","syscr: ")>=1); Q(value("/proc/self/status","voluntary_ctxt_switches:\t")>=5); Q(value("/proc/stat","ctxt ")>=5); Q(value("/proc/vmstat","pgfault ")>256);
 const char*n[]={"NStgid:","NSpid:","NSpgid:","NSsid:","Kthread:","VmStk:","VmExe:","VmData:","VmPTE:","RssAnon:","RssFile:","RssShmem:","VmSwap:","CoreDumping:","Seccomp_filters:","NoNewPrivs:","FDSize:","Threads:"}; for(int i=0;i<18;i++) printf("%s %s\n",n[i],value("/proc/self/status",n[i])>=0?"there":"not there"); Q(value("/proc/self/status","RssAnon:")>=1024); Q(value("/proc/self/status","VmData:")>=1024);
 P(value("/proc/self/status","FDSize:")>=64);
 for(int i=0;i<3;i++) { if(!fork()){ for(int j=0;j<100;j++) p[j*4096]=2; exit(0);} wait3(0,0,&r); Q(r.ru_minflt>=100&&r.ru_minflt<200);} getrusage(RUSAGE_CHILDREN,&r); Q(r.ru_minflt>=300&&r.ru_minflt<600); 
 FILE*s=fopen("/proc/self/schedstat","r"); unsigned long x,y,z; P(fscanf(s,"%lu %lu %lu",&x,&y,&z)); Q(x>0&&z>=5); s=fopen("/proc/self/stat","r"); char l[1000]; fgets(l,1000,s); char*q=strrchr(l,')'); unsigned long min; sscanf(q+2,"%*c %*d %*d %*d %*d %*d %*u %lu",&min); Q(min>256);
 struct stat st; stat("/proc/self/io",&st); P(st.st_mode&07777); stat("/proc/self/schedstat",&st); P(st.st_mode&07777);
 if(!fork()){ setuid(65534); P(open("/proc/1/io",O_RDONLY)); exit(0);} wait(0);
}
