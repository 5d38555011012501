// PR_SET_MM: what Linux says of each field.
#include "guest.h"
#include <linux/prctl.h>
#include <linux/capability.h>
// Linux in a container may lack it: so does this program everywhere.
static void without(int cap){ struct __user_cap_header_struct h={_LINUX_CAPABILITY_VERSION_3,0}; struct __user_cap_data_struct d[2]; syscall(SYS_capget,&h,d); d[cap/32].effective&=~(1u<<cap%32); d[cap/32].permitted&=~(1u<<cap%32); d[cap/32].inheritable=0; P(syscall(SYS_capset,&h,d)); }
int main(void);
static char*stat_field(int n){ static char b[2000]; FILE*f=fopen("/proc/self/stat","r"); fgets(b,2000,f); fclose(f); char*p=strrchr(b,')')+2; n-=3; while(n--) p=strchr(p,' ')+1; *strchrnul(p,' ')=0; return p; }
static void root(void){
 long p=(long)mmap(0,4096*4,3,MAP_PRIVATE|MAP_ANONYMOUS,-1,0);
 for(int i=0;i<17;i++) if(i!=15){ printf("%d:",i); P(prctl(PR_SET_MM,i,p,0,0)); P(prctl(PR_SET_MM,i,0,0,0)); P(prctl(PR_SET_MM,i,1L<<60,0,0)); P(prctl(PR_SET_MM,i,p,0,1)); P(prctl(PR_SET_MM,i,p,1,0)); P(prctl(PR_SET_MM,i,0x800000,0,0));}
 strcpy((char*)p,"changed");
 P(prctl(PR_SET_MM,PR_SET_MM_ARG_END,p+8,0,0)); P(prctl(PR_SET_MM,PR_SET_MM_ARG_START,p,0,0)); P(prctl(PR_SET_MM,PR_SET_MM_ARG_END,p+8,0,0));P(prctl(PR_SET_MM,PR_SET_MM_ARG_START,p,0,0)); 
 char b[100]={0}; int fd=open("/proc/self/cmdline",0); int n=read(fd,b,99); Q(n==8); puts(n>0?b:"-");
 unsigned sz=0; P(prctl(PR_SET_MM,PR_SET_MM_MAP_SIZE,&sz,0,0)); P(sz); P(prctl(PR_SET_MM,PR_SET_MM_MAP_SIZE,1,0,0));
 struct prctl_mm_map m={0}; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&m,sizeof m,0)); P(prctl(PR_SET_MM,PR_SET_MM_MAP,&m,8,0)); P(prctl(PR_SET_MM,PR_SET_MM_MAP,1,sizeof m,0));
 unsigned long av[50]={0}; P(prctl(PR_SET_MM,PR_SET_MM_AUXV,av,sizeof av,0)); P(prctl(PR_SET_MM,PR_SET_MM_AUXV,1,16,0)); P(prctl(PR_SET_MM,PR_SET_MM_AUXV,av,4096,0)); P(prctl(PR_SET_MM,PR_SET_MM_AUXV,av,7,0)); av[0]=6; av[1]=77; P(prctl(PR_SET_MM,PR_SET_MM_AUXV,av,32,0)); 
 P(prctl(PR_SET_MM,PR_SET_MM_EXE_FILE,-1,0,0)); fd=open("/proc/self/exe",0); P(prctl(PR_SET_MM,PR_SET_MM_EXE_FILE,fd,0,0)); fd=open("/",0); P(prctl(PR_SET_MM,PR_SET_MM_EXE_FILE,fd,0,0)); 
 void*b0=sbrk(0); P(prctl(PR_SET_MM,PR_SET_MM_BRK,(long)b0+4096,0,0)); Q(sbrk(0)==b0); Q(syscall(SYS_brk,0)==(long)b0+4096); P(prctl(PR_SET_MM,PR_SET_MM_BRK,(long)b0&~4095,0,0)); P(prctl(PR_SET_MM,PR_SET_MM_START_STACK,p,0,0)); Q(strtoul(stat_field(28),0,10)==p);
}
static void map(void){
 char*p=mmap(0,4096*4,3,MAP_PRIVATE|MAP_ANONYMOUS,-1,0); strcpy(p,"new name"); strcpy(p+100,"A=1");
 unsigned long brk0=syscall(SYS_brk,0); unsigned long c=(long)main&~4095L;
 struct prctl_mm_map m={.start_code=c,.end_code=c+4096,.start_data=c,.end_data=c+4096,.start_brk=brk0-8192,.brk=brk0,.start_stack=(long)&m,.arg_start=(long)p,.arg_end=(long)p+9,.env_start=(long)p+100,.env_end=(long)p+104,.exe_fd=-1};
 P(prctl(PR_SET_MM,PR_SET_MM_MAP,&m,sizeof m,0));
 char b[200]; int fd=open("/proc/self/cmdline",0); P(read(fd,b,99)); puts(b); fd=open("/proc/self/environ",0); P(read(fd,b,99)); puts(b);
 Q(strtoul(stat_field(26),0,10)==c); Q(strtoul(stat_field(27),0,10)==c+4096); Q(strtoul(stat_field(28),0,10)==(long)&m); Q(strtoul(stat_field(45),0,10)==c);Q(strtoul(stat_field(46),0,10)==c+4096);Q(strtoul(stat_field(47),0,10)==brk0-8192);Q(strtoul(stat_field(48),0,10)==(long)p);Q(strtoul(stat_field(51),0,10)==(long)p+104);
 struct prctl_mm_map k=m; k.end_code=k.start_code; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k=m; k.end_data=k.start_data; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k=m; k.arg_end=k.arg_start-1; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k=m; k.env_start=1L<<50; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k=m; k.env_start=4096; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k=m; k.auxv_size=16; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); unsigned long av[60]={6,77}; k.auxv=av; k.auxv_size=480; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k.auxv_size=32; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); fd=open("/proc/self/auxv",0); P(read(fd,b,99)); P(((long*)b)[1]);
 k=m; k.exe_fd=99; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k.exe_fd=open("/",0); P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k.exe_fd=open("/proc/self/exe",0);  P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0)); k.exe_fd=open("/proc/self/stat",0);  P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0));
 struct rlimit r={1<<20,1<<20}; setrlimit(RLIMIT_DATA,&r); P(prctl(PR_SET_MM,PR_SET_MM_MAP,&m,sizeof m,0)); k=m; k.end_data=k.start_data+(2<<20); P(prctl(PR_SET_MM,PR_SET_MM_MAP,&k,sizeof m,0));
 setuid(65534); P(prctl(PR_SET_MM,PR_SET_MM_MAP,&m,sizeof m,0)); m.exe_fd=99; P(prctl(PR_SET_MM,PR_SET_MM_MAP,&m,sizeof m,0));
}
static void un(void){ setuid(65534); for(int i=0;i<17;i++) if(i!=15){ printf("%d:",i); P(prctl(PR_SET_MM,i,0x800000,0,0)); } P(prctl(PR_SET_MM,99,1,0,0)); unsigned sz=0; P(prctl(PR_SET_MM,PR_SET_MM_MAP_SIZE,&sz,0,0)); }
int main(void){ setvbuf(stdout,0,_IONBF,0); without(CAP_SYS_RESOURCE); in_child("root",root); in_child("map",map); in_child("user",un); }
